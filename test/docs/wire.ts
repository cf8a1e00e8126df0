/** Forms byte by byte, as clients write them that no test can run here. */

export interface Wire {
  contentType: string;
  body: Buffer;
}

type Headers = Record<string, string>;
type Value = string | { uri: string; name?: string; type?: string };

/** React Native's `FormData` (Libraries/Network/FormData.js): a list of parts for the native side, not a body. */
export class ReactNativeFormData {
  private readonly given: [string, Value][] = [];

  append(name: string, value: Value): void {
    this.given.push([name, value]);
  }

  /** Each part's headers, and its text or the place of its bytes. */
  parts(): { headers: Headers; text?: string; uri?: string }[] {
    return this.given.map(([name, value]) => {
      const disposition = `form-data; name="${name}"`;
      if (typeof value === 'string') return { headers: { 'content-disposition': disposition }, text: value };
      const filename = value.name === undefined ? '' : `; filename="${encodeURIComponent(value.name)}"`;
      const type: Headers = value.type === undefined ? {} : { 'content-type': value.type };
      return { headers: { 'content-disposition': `${disposition}${filename}`, ...type }, uri: value.uri };
    });
  }
}

type NativeSide = (form: ReactNativeFormData, open: (uri: string) => Buffer) => Wire;

/** As iOS writes it (Libraries/Network/RCTNetworking.mm): 70 characters of boundary without quotes, headers in lower case. */
export const onIos =
  (boundary: string): NativeSide =>
  (form, open) => {
    const chunks = form.parts().flatMap(({ headers, text, uri }) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return [`--${boundary}\r\n${lines.join('')}\r\n`, text ?? open(uri ?? ''), '\r\n'];
    });
    return { contentType: `multipart/form-data; boundary=${boundary}`, body: join([...chunks, `--${boundary}--\r\n`]) };
  };

/** As Android writes it (OkHttp's MultipartBody): the type as a header of its own, and the length of each part. */
export const onAndroid: NativeSide = (form, open) => {
  const boundary = '0f0d3c8e-4d6f-4a35-9b5e-0c8c8d1a7d10';
  const chunks = form.parts().flatMap(({ headers, text, uri }) => {
    const content = text === undefined ? open(uri ?? '') : Buffer.from(text);
    const type = headers['content-type'] === undefined ? '' : `Content-Type: ${headers['content-type']}\r\n`;
    const head = `content-disposition: ${headers['content-disposition']}\r\n${type}Content-Length: ${content.length}`;
    return [`--${boundary}\r\n${head}\r\n\r\n`, content, '\r\n'];
  });
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: join([...chunks, `--${boundary}--\r\n`]) };
};

/** A request as a page shows it: the header, the empty line, and the body with a place for the file's bytes. */
export function asShown(text: string, place: string, bytes: Buffer): Wire {
  const [head = '', ...rest] = text.trimEnd().split('\n\n');
  const [before = '', after = ''] = `${rest.join('\n\n')}\n`.replaceAll('\n', '\r\n').split(place);
  return { contentType: head.replace(/^Content-Type: /, ''), body: join([before, bytes, after]) };
}

const join = (chunks: (string | Buffer)[]) => Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
