/**
 * Whether the environment asks for OpenTelemetry.
 *
 * @module
 */

/** Whether Deno's exporter is on. */
export function isTelemetryWanted(): boolean {
  const variable = "OTEL_DENO";
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return false;
  return ["true", "1"].includes(Deno.env.get(variable) ?? "");
}
