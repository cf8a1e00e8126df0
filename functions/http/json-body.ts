import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { AppError } from '#core/files/errors.ts';

/** JSON bodies are small; anything larger than this many characters is refused before it is parsed. */
const maxLength = 300_000;

/** Deeper than anything a person made. What walks a value by recursion, as its JSON is written, ends the call otherwise. */
const maxDepth = 200;

/** The value of a JSON body; undefined where there is none, which a contract may allow. Throws `validation_failed`. */
export function jsonBody(event: Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded'>): unknown {
  const body = event.body ?? '';
  if (body === '') return undefined;
  if (body.length > maxLength) throw invalid(`The body may hold at most ${maxLength} characters.`, 'too large');
  const text = event.isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('The body must be JSON.', 'not valid JSON');
  }
  if (depthOf(text) > maxDepth) throw invalid(`The body may be at most ${maxDepth} levels deep.`, 'nested too deep');
  return value;
}

/** Levels of arrays and objects in valid JSON, counted without recursion. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString) {
      if (character === '\\') index += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === '[' || character === '{') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}

const invalid = (message: string, issue: string) =>
  new AppError('validation_failed', message, { details: { issues: [{ path: 'body', message: issue }] } });
