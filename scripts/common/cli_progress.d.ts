// Types of what is used of cli-progress, which comes without.

export interface BarOptions {
  readonly format: string;
  readonly barsize: number;
  readonly barCompleteChar: string;
  readonly barIncompleteChar: string;
  readonly hideCursor: boolean;
  readonly clearOnComplete: boolean;
  readonly autopadding?: boolean;
  readonly fps?: number;
  /** Whether it puts the terminal in order by itself on a signal. */
  readonly gracefulExit: boolean;
}

export class SingleBar {
  constructor(options: BarOptions);
  start(total: number, value: number, payload?: Readonly<Record<string, string>>): void;
  increment(): void;
  update(value: number, payload: Readonly<Record<string, string>>): void;
  stop(): void;
}
