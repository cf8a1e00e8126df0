/**
 * A scanner of files in quarantine: asks for one by its id, reads its bytes, judges them and says so. Give it `scans` of
 * `createPlatform` (`@stowage/server`) and the messages of the scan queue; whatever throws leaves its message in the queue.
 */

/** What `createPlatform(…).scans` is. */
export interface Scans {
  get(fileId: string): Promise<{ etag: string; url: string; sizeBytes: number }>;
  judge(
    fileId: string,
    verdict: { verdict: 'clean' | 'infected'; engine: string; signature?: string; etag: string },
  ): Promise<{ verdict: 'clean' | 'infected' }>;
}

export interface Engine {
  name: string;
  /** The name of what was found; undefined where there is nothing. */
  scan(bytes: AsyncIterable<Uint8Array>): Promise<string | undefined>;
}

/** In two parts, so that no scanner takes this file for the test file of EICAR. Source: https://www.eicar.org/download-anti-malware-testfile/ */
const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

/**
 * Knows the test file of EICAR and nothing else, wherever it stands in the bytes. In its place send the bytes to ClamAV's
 * daemon: `zINSTREAM\0`, each chunk behind its length in four bytes, a length of nought, and read `stream: … FOUND` or `OK`.
 */
export const eicarEngine: Engine = {
  name: 'eicar 1',
  async scan(bytes) {
    let tail = '';
    for await (const chunk of bytes) {
      const text = tail + Buffer.from(chunk).toString('latin1');
      if (text.includes(eicar)) return 'Eicar-Test-Signature';
      // The test file may lie across two chunks.
      tail = text.slice(-(eicar.length - 1));
    }
    return undefined;
  },
};

/**
 * Judges one file. The link lives for 300 seconds and goes into no log. Throws when the file cannot be read: no verdict is
 * given on bytes that were not seen.
 */
export async function scanFile(scans: Scans, engine: Engine, fileId: string): Promise<'clean' | 'infected'> {
  const { etag, url } = await scans.get(fileId);
  const answer = await fetch(url, { headers: { 'if-match': etag } });
  if (!answer.ok || answer.body === null) throw new Error(`The bytes of ${fileId} answered ${answer.status}`);
  const signature = await engine.scan(answer.body);
  const facts = { engine: engine.name, etag };
  const found = signature === undefined ? { verdict: 'clean' as const } : { verdict: 'infected' as const, signature };
  return (await scans.judge(fileId, { ...facts, ...found })).verdict;
}
