// Types of what is used of cli-progress, which comes without.

export interface BarOptions {
  readonly format: string;
  readonly barsize: number;
  readonly barCompleteChar: string;
  readonly barIncompleteChar: string;
  readonly hideCursor: boolean;
  readonly clearOnComplete: boolean;
  readonly gracefulExit: boolean;
}

export class SingleBar {
  constructor(options: BarOptions);
  start(total: number, value: number): void;
  increment(): void;
  stop(): void;
}
