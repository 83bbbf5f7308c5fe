/**
 * Errors by which a program can tell why its node did not do what it was asked.
 *
 * @module
 */

/** The node is closing or closed. */
export class NodeClosedError extends Error {
  /** The class's name. */
  override readonly name = "NodeClosedError";
}

/** The node has too much under way; the same request may succeed later. */
export class NodeBusyError extends Error {
  /** The class's name. */
  override readonly name = "NodeBusyError";
}
