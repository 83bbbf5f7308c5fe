/**
 * Why a node does not carry out what it is asked.
 *
 * Wrong arguments are a `RangeError`. That a value is not found, or is stored on fewer nodes than wanted, is
 * no error: the result says it.
 *
 * @module
 */

/** The node is closed, or was closed before the operation ended. */
export class NodeClosedError extends Error {
  /** Always `NodeClosedError`. */
  override readonly name = "NodeClosedError";

  /** Names the operation that was not carried out. */
  constructor(operation: string) {
    super(`Cannot ${operation}: the node is closed`);
  }
}

/** The node has too many operations under way. Trying again later may succeed. */
export class NodeBusyError extends Error {
  /** Always `NodeBusyError`. */
  override readonly name = "NodeBusyError";

  /** Names the operation that was not carried out. */
  constructor(operation: string) {
    super(`Cannot ${operation}: too many operations are under way in this node`);
  }
}

/** Why a node did not carry an operation out. */
export type NodeError = NodeClosedError | NodeBusyError;
