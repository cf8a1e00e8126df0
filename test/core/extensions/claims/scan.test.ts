import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxConfigBytes, maxFilesPerClaim, scanConfig } from '#core/extensions/claims/scan.ts';
import { AppError } from '#core/files/errors.ts';

const reference = (fileId: string) => ({ provider: 'chastify_storage', fileId });
const links = { signedUrl: 'https://r2/a', publicUrl: 'https://r2/b', urlExpiresAt: '2026-01-01T00:00:00Z' };

describe('the scan of a config', () => {
  it('finds references wherever they are, each once, in their order', () => {
    const config = {
      storageDraftId: 'draft',
      intro: reference('b'),
      steps: [{ image: { ...reference('a'), alt: 'x' } }, [[reference('c')]], reference('b')],
    };
    expect(scanConfig(config)).toEqual({ fileIds: ['b', 'a', 'c'], draftId: 'draft', config });
  });

  it('takes temporary links from references, and nothing else from anywhere', () => {
    const saved = { image: { ...reference('a'), alt: 'x' }, other: { provider: 'else', ...links }, ...links };
    const { config } = scanConfig({ ...saved, image: { ...saved.image, ...links } });
    expect(config).toEqual(saved);
  });

  it("takes the links of a reference's variants, and leaves what else is called so", () => {
    const size = { width: 320, height: 240, sizeBytes: 9000 };
    const saved = { ...reference('a'), variants: { thumb: size, card: size } };
    const linked = { thumb: { ...size, signedUrl: links.signedUrl }, card: { ...size, signedUrl: links.signedUrl } };
    const others = [
      { provider: 'else', variants: linked },
      { ...reference('b'), variants: ['big', { signedUrl: 'x' }] },
    ];
    const { config } = scanConfig([{ ...saved, variants: linked }, ...others]);
    expect(config).toEqual([saved, ...others]);
  });

  it('takes no provider without a file, and no file without the provider', () => {
    const config = [
      { provider: 'chastify_storage', ...links },
      { fileId: 'a' },
      { provider: 'chastify_storage', fileId: 7 },
    ];
    expect(scanConfig(config)).toEqual({ fileIds: [], draftId: undefined, config });
  });

  it('gives any JSON back as it came', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(scanConfig(value).config).toEqual(value);
      }),
    );
  });

  it('refuses a config that is missing, too large or too deep, or names too many files', () => {
    const deep = Array.from({ length: 5000 }).reduce<unknown>((inner) => [inner], 1);
    const many = Array.from({ length: maxFilesPerClaim + 1 }, (_, index) => reference(String(index)));
    for (const config of [undefined, 'x'.repeat(maxConfigBytes), deep, many]) {
      expect(() => scanConfig(config)).toThrow(AppError);
    }
    expect(scanConfig(many.slice(1)).fileIds).toHaveLength(maxFilesPerClaim);
  });
});
