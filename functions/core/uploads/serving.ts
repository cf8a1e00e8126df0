/** How an uploaded file is served: by headers stored with its object, since R2 sends back what was stored and no more. */
import type { DetectedType } from '#core/files/ports.ts';

export interface Serving {
  /** The `Content-Type` the object is stored with. Not always what the file is: see {@link servingOf}. */
  contentType: string;
  disposition: 'inline' | 'attachment';
}

/** Shown in place: pictures, sound, video, fonts. None of them can run, once SVG and the other XML is out. */
const shown = /^(image|audio|video|font)\/(?!.*\+xml)/;

/** What a browser, or a viewer inside one, may take for a program or for markup that can hold one. */
const runnable = /[/+]xml|html|script|pdf|flash|wasm|java|multipart|chrome/;

/** Names of programs a browser runs; what is inside them is plain text to anybody who looks at bytes only. */
const runnableName = /\.(m?js|cjs|jsx|m?ts|tsx|x?html?|shtml|svgz?|xml|xsl|xslt|mht|mhtml|php|hta|css|vbs|wasm|pdf)$/i;

/**
 * The headers that keep a file harmless on whatever domain it opens: what a browser could run becomes bytes to save,
 * under a type it does not run. Text stays text, but a text that is named like a program is saved, not shown. UTF-8 is
 * named because a reader would guess; other encodings are left to it.
 * Source: OWASP File Upload Cheat Sheet; https://mimesniff.spec.whatwg.org/ (a `text/plain` is never taken for HTML).
 */
export function servingOf({ mimeType }: DetectedType, options: { originalName: string; utf8: boolean }): Serving {
  const named = runnableName.test(options.originalName);
  if (mimeType === 'text/plain') {
    const contentType = options.utf8 ? 'text/plain; charset=utf-8' : 'text/plain';
    return { contentType, disposition: named ? 'attachment' : 'inline' };
  }
  if (shown.test(mimeType)) return { contentType: mimeType, disposition: 'inline' };
  const harmless = mimeType.startsWith('application/') && !runnable.test(mimeType);
  return { contentType: harmless ? mimeType : 'application/octet-stream', disposition: 'attachment' };
}
