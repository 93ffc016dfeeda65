/**
 * onnxruntime since 1.30 keeps a device id under the home and, some ten seconds after the first session, looks up a host
 * for events, unless this variable is set before its library is loaded. A thread has its own copy of the environment,
 * which the library does not read: the main thread calls this before it starts threads that open sessions.
 */
export function turnTelemetryOff(): void {
  process.env.ORT_DISABLE_TELEMETRY = '1';
}
