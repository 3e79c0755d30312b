// What is wrong with a body, for whoever answers its sender.

export type BodyFaultCode = 'invalid_json' | 'invalid_body' | 'unsupported_encoding' | 'payload_too_large';

export class BodyFault extends Error {
  override readonly name = 'BodyFault';
  readonly code: BodyFaultCode;

  /** @param detail quotes nothing of the body */
  constructor(code: BodyFaultCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
