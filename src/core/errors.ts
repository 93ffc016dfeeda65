/** Base of every failure that a person can act on: the message says what, where and what to do, on one line. */
export class MambaadError extends Error {
  override name = 'MambaadError';
}

/** Flags or arguments that make no sense together. */
export class UsageError extends MambaadError {
  override name = 'UsageError';
}

/** Input data that is broken: malformed records, corrupt weights, images that do not decode. */
export class DataError extends MambaadError {
  override name = 'DataError';
}

/** A file or folder that should be there and is not, or cannot be read. */
export class InputMissingError extends MambaadError {
  override name = 'InputMissingError';
}

/** Output that cannot be created. */
export class OutputError extends MambaadError {
  override name = 'OutputError';
}

/** Reading or writing failed half-way: a full disk, a vanished drive. */
export class IoError extends MambaadError {
  override name = 'IoError';
}

/** The engine, package or device that was asked for is absent on this machine. */
export class UnavailableError extends MambaadError {
  override name = 'UnavailableError';
}

/** Another process holds the lock: try again later. */
export class LockedError extends MambaadError {
  override name = 'LockedError';
}

/** A configuration file that is wrong. */
export class ConfigError extends MambaadError {
  override name = 'ConfigError';
}

/** The work succeeded and the quality gate said no. */
export class GateFailed extends MambaadError {
  override name = 'GateFailed';
}
