// What goes wrong: one class for each code of a status, and some that say more.

/** The numbers of a status by name: the set of gRPC, and one of Aster's own. */
export const Code = {
  /** It succeeded; no error has it. */
  OK: 0,
  /** The caller gave up. */
  CANCELLED: 1,
  /** Something failed that nobody named. */
  UNKNOWN: 2,
  /** The request cannot be right in any state of the server. */
  INVALID_ARGUMENT: 3,
  /** The deadline passed first. */
  DEADLINE_EXCEEDED: 4,
  /** What was asked for is not there. */
  NOT_FOUND: 5,
  /** What was to be made is there already. */
  ALREADY_EXISTS: 6,
  /** The caller may not do this. */
  PERMISSION_DENIED: 7,
  /** A limit or a budget is used up. */
  RESOURCE_EXHAUSTED: 8,
  /** The server is not in the state that the request needs. */
  FAILED_PRECONDITION: 9,
  /** A conflict, or a lost session: begin again at a higher level. */
  ABORTED: 10,
  /** Past the end of a range. */
  OUT_OF_RANGE: 11,
  /** The method is not there. */
  UNIMPLEMENTED: 12,
  /** A fault of the server. */
  INTERNAL: 13,
  /** The server cannot be reached now. */
  UNAVAILABLE: 14,
  /** Data is lost or damaged for good. */
  DATA_LOSS: 15,
  /** Who the caller is has not been shown. */
  UNAUTHENTICATED: 16,
  /** A payload does not fit the contract. */
  CONTRACT_VIOLATION: 101,
} as const;
/** The name of a status. */
export type Code = keyof typeof Code;

/** Names and values beside the messages, in their order; a name may come several times. */
export type Metadata = readonly (readonly [name: string, value: string])[];

/** What an error may have besides its message. */
export interface AsterErrorOptions {
  /** Facts for programs. */
  readonly details?: Readonly<Record<string, Uint8Array>> | undefined;
  /** What goes, or came, with the status. */
  readonly metadata?: Metadata | undefined;
  /** The number of the status, where it is one that this version does not know. */
  readonly number?: number | undefined;
  /** What it was that failed. */
  readonly cause?: unknown;
}

/** How a call ended that did not succeed. A handler throws one to end its call so. */
export class AsterError extends Error {
  /** The name of the status. */
  readonly code: Code;
  /** Its number. It differs from the one of `code` only where it is one that this version does not know. */
  readonly number: number;
  /** Facts for programs. */
  readonly details: Readonly<Record<string, Uint8Array>>;
  /** What goes, or came, with the status. */
  readonly metadata: Metadata;

  /** Without a message, the name of the code is it: `not found`. */
  constructor(code: Code, message = "", options: AsterErrorOptions = {}) {
    const text = message === "" ? code.toLowerCase().replaceAll("_", " ") : message;
    super(text, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.number = options.number ?? Code[code];
    this.details = Object.freeze({ ...options.details });
    this.metadata = Object.freeze([...(options.metadata ?? [])]);
  }

  /** The class's name, which a stack begins with. */
  override get name(): string {
    return this.constructor.name;
  }
}

/** The caller gave up. */
export class Cancelled extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("CANCELLED", message, options);
  }
}

/** Something failed that nobody named, or a number that this version does not know. */
export class Unknown extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("UNKNOWN", message, options);
  }
}

/** The request cannot be right in any state of the server. */
export class InvalidArgument extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("INVALID_ARGUMENT", message, options);
  }
}

/** The deadline passed first. */
export class DeadlineExceeded extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("DEADLINE_EXCEEDED", message, options);
  }
}

/** What was asked for is not there. */
export class NotFound extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("NOT_FOUND", message, options);
  }
}

/** What was to be made is there already. */
export class AlreadyExists extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("ALREADY_EXISTS", message, options);
  }
}

/** The caller may not do this. */
export class PermissionDenied extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("PERMISSION_DENIED", message, options);
  }
}

/** A limit or a budget is used up. */
export class ResourceExhausted extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("RESOURCE_EXHAUSTED", message, options);
  }
}

/** The server is not in the state that the request needs. */
export class FailedPrecondition extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("FAILED_PRECONDITION", message, options);
  }
}

/** A conflict, or a lost session: begin again at a higher level. */
export class Aborted extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("ABORTED", message, options);
  }
}

/** Past the end of a range. */
export class OutOfRange extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("OUT_OF_RANGE", message, options);
  }
}

/** The method is not there. */
export class Unimplemented extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("UNIMPLEMENTED", message, options);
  }
}

/** A fault of the server. */
export class Internal extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("INTERNAL", message, options);
  }
}

/** The server cannot be reached now. */
export class Unavailable extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("UNAVAILABLE", message, options);
  }
}

/** Data is lost or damaged for good. */
export class DataLoss extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("DATA_LOSS", message, options);
  }
}

/** Who the caller is has not been shown. */
export class Unauthenticated extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("UNAUTHENTICATED", message, options);
  }
}

/** A payload does not fit the contract. */
export class ContractViolation extends AsterError {
  /** Without a message, the name of the code is it. */
  constructor(message?: string, options?: AsterErrorOptions) {
    super("CONTRACT_VIOLATION", message, options);
  }
}

/** What a message error has to say. */
export interface MessageErrorFacts {
  /** The full name of the outermost message. */
  readonly typeName: string;
  /** The path from there to the value, `lines[3].sku`; empty for the message itself. */
  readonly path: string;
  /** What would have been right. */
  readonly expected: string;
  /** What was there instead. */
  readonly found: string;
}

/** A message does not fit its type: a value that was to be encoded (nothing of it was sent), or bytes that were to be decoded. */
export class MessageError extends InvalidArgument implements MessageErrorFacts {
  /** The full name of the outermost message. */
  readonly typeName: string;
  /** The path from there to the value, `lines[3].sku`; empty for the message itself. */
  readonly path: string;
  /** What would have been right. */
  readonly expected: string;
  /** What was there instead. */
  readonly found: string;

  /** The message of the error has all four facts. */
  constructor(facts: MessageErrorFacts, options?: AsterErrorOptions) {
    const { typeName, path, expected, found } = facts;
    const where = path === "" ? `\`${typeName}\`` : `\`${path}\` of \`${typeName}\``;
    super(`${where}: expected ${expected}, found ${found}`, options);
    this.typeName = typeName;
    this.path = path;
    this.expected = expected;
    this.found = found;
  }
}

/** A node or a server was not started, or something that it needs cannot be used. */
export class StartError extends FailedPrecondition {}

/** The connections of a node are taken already: one server or one accept loop at a time. */
export class AlreadyServing extends StartError {}

/** The store of blobs or docs failed, or gossip did. */
export class StoreError extends Internal {}

/** There is no connection: nobody answered, or something that is no Aster server. */
export class ConnectError extends Unavailable {}

/** The server does not admit this node. */
export class NotAdmitted extends Unauthenticated {}

/** The server does not prove that it is a producer of the mesh. */
export class ServerNotTrusted extends FailedPrecondition {}

/** The server has the service, but under another contract. */
export class ContractMismatch extends FailedPrecondition {
  /** The full name. */
  readonly service: string;
  /** The id of the contract that this client was generated from. */
  readonly ours: string;
  /** The ids of the contracts under which the server has the service. */
  readonly theirs: readonly string[];

  /** `ours` is the id of this client's contract, `theirs` are those that the server has. */
  constructor(message: string, service: string, ours: string, theirs: readonly string[]) {
    super(message);
    this.service = service;
    this.ours = ours;
    this.theirs = Object.freeze([...theirs]);
  }
}

/** The server does not have the service. */
export class ServiceNotFound extends NotFound {
  /** The full name. */
  readonly service: string;
  /** The full names of what it has. */
  readonly services: readonly string[];

  /** `services` are the full names of what the server has. */
  constructor(message: string, service: string, services: readonly string[]) {
    super(message);
    this.service = service;
    this.services = Object.freeze([...services]);
  }
}

type StatusClass = new (message?: string, options?: AsterErrorOptions) => AsterError;

/** The error of a status that came from the other side. */
export function errorOfStatus(
  number: number,
  message: string,
  options: AsterErrorOptions = {},
): AsterError {
  const made = classOf(number);
  return new made(message, { ...options, number });
}

function classOf(number: number): StatusClass {
  switch (number) {
    case Code.CANCELLED:
      return Cancelled;
    case Code.INVALID_ARGUMENT:
      return InvalidArgument;
    case Code.DEADLINE_EXCEEDED:
      return DeadlineExceeded;
    case Code.NOT_FOUND:
      return NotFound;
    case Code.ALREADY_EXISTS:
      return AlreadyExists;
    case Code.PERMISSION_DENIED:
      return PermissionDenied;
    case Code.RESOURCE_EXHAUSTED:
      return ResourceExhausted;
    case Code.FAILED_PRECONDITION:
      return FailedPrecondition;
    case Code.ABORTED:
      return Aborted;
    case Code.OUT_OF_RANGE:
      return OutOfRange;
    case Code.UNIMPLEMENTED:
      return Unimplemented;
    case Code.INTERNAL:
      return Internal;
    case Code.UNAVAILABLE:
      return Unavailable;
    case Code.DATA_LOSS:
      return DataLoss;
    case Code.UNAUTHENTICATED:
      return Unauthenticated;
    case Code.CONTRACT_VIOLATION:
      return ContractViolation;
    default:
      return Unknown;
  }
}
