/** How an uploaded file is served: by headers stored with its object, since R2 sends back what was stored and no more. */
import type { DetectedType } from '#core/files/ports.ts';
import { isNamedText, plainText, savedTexts } from './text-types.ts';

export interface Serving {
  /** The `Content-Type` the object is stored with. Not always what the file is: see {@link servingOf}. */
  contentType: string;
  disposition: 'inline' | 'attachment';
}

/** Shown in place: pictures, sound, video, fonts. None of them can run, once SVG and the other XML is out. */
const shown = /^(image|audio|video|font)\/(?!.*\+xml)/;

/** What a browser, or a viewer inside one, may take for a program or for markup that can hold one. */
const runnable = /[/+]xml|html|script|flash|wasm|java|multipart|chrome/;

/** Names of programs a browser runs; what is inside them is plain text to anybody who looks at bytes only. */
const runnableName = /\.(m?js|cjs|jsx|m?ts|tsx|x?html?|shtml|svgz?|xml|xsl|xslt|mht|mhtml|php|hta|css|vbs|wasm|pdf)$/i;

/**
 * The headers that keep a file harmless on whatever domain it opens: what a browser could run becomes bytes to save,
 * under a type it does not run. Text keeps its type (`text-types.ts`), but a text that is named like a program is saved,
 * not shown. UTF-8 is named because a reader would guess; other encodings are left to it.
 *
 * A PDF is shown. It needs no sandbox of ours, and R2 could store none: browsers open PDF in a viewer with a process or
 * origin of its own (PDFium's extension, `resource://pdf.js`, PDFKit), whose scripts see neither the page's origin nor
 * its cookies. Nor is it ever taken for HTML, whatever follows, or for a script, since `%PDF-` is none.
 *
 * A script is no more dangerous as `text/javascript` than it was as `text/plain`, which browsers run as a classic script
 * too. Beyond that the type admits modules, which ask for CORS, and workers, which ask for a page of the same origin: on
 * a domain that serves these files alone there is none, since no HTML is shown.
 * Source: OWASP File Upload Cheat Sheet; https://mimesniff.spec.whatwg.org/ (a `text/plain` is never taken for HTML).
 */
export function servingOf({ mimeType }: DetectedType, options: { originalName: string; utf8: boolean }): Serving {
  const named = runnableName.test(options.originalName);
  if (mimeType === plainText.mimeType || isNamedText(mimeType)) {
    // JSON has no such parameter, and is UTF-8 by definition (RFC 8259, 11).
    const contentType = options.utf8 && !mimeType.endsWith('json') ? `${mimeType}; charset=utf-8` : mimeType;
    return { contentType, disposition: named || savedTexts.includes(mimeType) ? 'attachment' : 'inline' };
  }
  if (mimeType === 'application/pdf') {
    return {
      contentType: mimeType,
      disposition: named && !/\.pdf$/i.test(options.originalName) ? 'attachment' : 'inline',
    };
  }
  if (shown.test(mimeType)) return { contentType: mimeType, disposition: 'inline' };
  const harmless = mimeType.startsWith('application/') && !runnable.test(mimeType);
  return { contentType: harmless ? mimeType : 'application/octet-stream', disposition: 'attachment' };
}
