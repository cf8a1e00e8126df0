import '@stowage/client/element';
import type { UploadAnswer } from '@stowage/client/uploader';
import { maxBytes, uploader } from '../session.ts';

const element = document.querySelector('stowage-upload');
const stored = document.querySelector('#stored');

if (element) {
  element.uploader = uploader;
  element.maxSize = maxBytes;
  element.addEventListener('stowage-uploaded', ({ detail }) => {
    const { file } = detail.result as UploadAnswer;
    const image = Object.assign(new Image(), { src: file.signedUrl, alt: file.originalName });
    stored?.append(document.createElement('li'));
    stored?.lastElementChild?.append(image);
  });
}
