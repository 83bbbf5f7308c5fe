/**
 * Whether the environment asks for OpenTelemetry.
 *
 * @module
 */

/** As it was at the start: a running node may not read the environment any more. */
const IS_WANTED = isExporterOn();

/** Whether Deno's exporter is on. */
export function isTelemetryWanted(): boolean {
  return IS_WANTED;
}

function isExporterOn(): boolean {
  const variable = "OTEL_DENO";
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return false;
  return ["true", "1"].includes(Deno.env.get(variable) ?? "");
}
