/** What an instance and its pool say to each other over IPC, and how an instance is told what to run. */

/** Passed as the only argument of the instance: a process has no other channel before its first message. */
export interface BootArgument {
  handlerFile: string;
  handlerExport: string;
  taskRoot: string;
  /** Packages the layers bring, by name, each with the directory it is resolved from. */
  packages: Record<string, string>;
}

export interface InvokeMessage {
  requestId: string;
  functionArn: string;
  /** JSON text of the event. */
  event: string;
  /** Milliseconds since the epoch at which the invocation is over. */
  deadlineMs: number;
}

export interface FunctionError {
  errorType: string;
  errorMessage: string;
}

export type InstanceMessage =
  | { type: 'ready' }
  /** `result` is the JSON text of what the handler returned. */
  | { type: 'result'; result: string }
  /** `fatal`: the instance cannot be used again. */
  | { type: 'error'; error: FunctionError; fatal: boolean };

/** Request and response payload of a synchronous invocation, bytes of JSON (AWS Lambda quotas). */
export const maxPayloadBytes = 6_291_456;
