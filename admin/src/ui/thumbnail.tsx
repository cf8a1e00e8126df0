import { IconFile, IconPhoto } from '@tabler/icons-react';
import { useState } from 'react';
import { thumbHashToDataURL } from 'thumbhash';

interface Shown {
  mimeType: string;
  originalName: string;
  thumbhash?: string | null;
  signedUrl?: string;
}

/** The picture of a file, its blur until it is there, or a sign of its kind where there is none. */
export function Thumbnail({ file, large = false }: { file: Shown; large?: boolean }) {
  const [failedUrl, setFailedUrl] = useState<string>();
  const { signedUrl, mimeType } = file;
  const isImage = mimeType.startsWith('image/');
  const blur = file.thumbhash ? blurOf(file.thumbhash) : undefined;
  const shows = isImage && signedUrl !== undefined && signedUrl !== failedUrl;
  const Icon = isImage ? IconPhoto : IconFile;
  return (
    <span
      className={large ? 'thumbnail thumbnail-large' : 'thumbnail'}
      style={blur === undefined ? undefined : { backgroundImage: `url("${blur}")` }}
    >
      {shows ? (
        <img
          src={signedUrl}
          alt={large ? file.originalName : ''}
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => setFailedUrl(signedUrl)}
        />
      ) : (
        blur === undefined && <Icon size={large ? 40 : 18} stroke={1.5} aria-hidden />
      )}
    </span>
  );
}

const blurs = new Map<string, string | undefined>();

function blurOf(hash: string): string | undefined {
  if (!blurs.has(hash)) blurs.set(hash, decoded(hash));
  return blurs.get(hash);
}

function decoded(hash: string): string | undefined {
  try {
    return thumbHashToDataURL(Uint8Array.from(atob(hash), (char) => char.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
