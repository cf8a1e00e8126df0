import { useStowageFiles, useStowageUpload } from '@stowage/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { maxBytes, uploader } from '../session.ts';

function Pictures() {
  const stored = useStowageFiles(uploader, { purpose: 'example' });
  const uploads = useStowageUpload({
    uploader,
    purpose: 'example',
    accept: 'image/*',
    maxBytes,
    onUploaded: () => void stored.reload(),
  });
  return (
    <>
      <h1>Pictures</h1>
      <p>
        <label>
          Choose pictures{' '}
          <input
            type="file"
            multiple
            accept="image/*"
            onChange={({ target }) => {
              uploads.add([...(target.files ?? [])]);
              target.value = '';
            }}
          />
        </label>
      </p>
      <ul aria-label="Uploads">
        {uploads.files.map(({ id, name, state, progress, error, canRetry }) => (
          <li key={id}>
            <span>{name}</span>
            <span role="status">
              {state === 'uploading' ? `${Math.floor(progress * 100)} %` : (error?.message ?? state)}
            </span>
            {state === 'uploading' && (
              <button type="button" onClick={() => uploads.cancel(id)}>
                Cancel {name}
              </button>
            )}
            {canRetry && (
              <button type="button" onClick={() => uploads.retry(id)}>
                Try again {name}
              </button>
            )}
          </li>
        ))}
      </ul>
      <h2>Stored</h2>
      {stored.error && <p role="alert">{stored.error.message}</p>}
      <ul id="stored">
        {stored.files.map(({ id, originalName, signedUrl }) => (
          <li key={id}>
            <img src={signedUrl} alt={originalName} onError={() => void stored.refresh(id)} />
            <button type="button" onClick={() => void stored.remove(id)}>
              Delete {originalName}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Pictures />
    </StrictMode>,
  );
}
