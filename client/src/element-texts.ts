import type { StowageError } from './errors.ts';
import { sizeText } from './pick-rules.ts';
import type { UploadItem } from './upload-queue.ts';

/** What `<stowage-upload>` says, for other languages; English unless told. */
export interface UploadTexts {
  /** On the button, where several files may be chosen, and where one may. */
  chooseFiles: string;
  chooseFile: string;
  /** Beside the button. */
  dropFiles: string;
  dropFile: string;
  /** Below them, where there is a `max-size`. */
  atMost: (bytes: number) => string;
  /** The list's name, for those who do not see it. */
  list: string;
  /** Buttons of a file; its name is read out behind them. */
  cancel: string;
  retry: string;
  remove: string;
  queued: string;
  /** `progress` is 0 to 1. */
  uploading: (progress: number) => string;
  uploaded: string;
  cancelled: string;
  /** Why a file failed. Messages of errors are English, and safe to show. */
  failed: (error: StowageError | undefined) => string;
  /** Several files came where one may. */
  onlyOne: (name: string) => string;
  /** What is read out when something becomes of a file. */
  announce: (name: string, status: string) => string;
}

export const englishTexts: UploadTexts = {
  chooseFiles: 'Choose files',
  chooseFile: 'Choose a file',
  dropFiles: 'or drop them here',
  dropFile: 'or drop it here',
  atMost: (bytes) => `At most ${sizeText(bytes)} each`,
  list: 'Uploads',
  cancel: 'Cancel',
  retry: 'Try again',
  remove: 'Dismiss',
  queued: 'Waiting',
  uploading: (progress) => `${Math.floor(progress * 100)} %`,
  uploaded: 'Uploaded',
  cancelled: 'Cancelled',
  failed: (error) => error?.message ?? 'Failed',
  onlyOne: (name) => `One file can be uploaded here: ${name} was taken.`,
  announce: (name, status) => `${name}: ${status}`,
};

/** What the list says of a file. */
export function statusOf(item: UploadItem<unknown>, texts: UploadTexts): string {
  if (item.state === 'uploading') return texts.uploading(item.progress);
  return item.state === 'failed' ? texts.failed(item.error) : texts[item.state];
}
