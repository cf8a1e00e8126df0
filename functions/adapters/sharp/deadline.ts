import type { Sharp as Pipeline } from 'sharp';
import { invalidImage } from './refusals.ts';

export type Limit = (pipeline: Pipeline) => Pipeline;

/**
 * One allowance for all the steps of a picture: each gets what the steps before it have left, in whole seconds. Throws
 * `invalid_image` (`timeout`) where nothing is left.
 */
export function deadline(seconds: number): Limit {
  const end = performance.now() + seconds * 1000;
  return (pipeline) => {
    const left = Math.ceil((end - performance.now()) / 1000);
    // Zero would mean no limit at all.
    if (left <= 0) throw invalidImage('timeout');
    return pipeline.timeout({ seconds: left });
  };
}
