// The resets of a run.

export interface Resets {
  /** How many resets lie before the present point of the run's history. */
  count: number;
  /**
   * Settles when the last reset has closed the dead letter, with whether there was a dead letter. Absent
   * without a reset. A run that ends before this settles closes nothing, since Temporal drops the signal.
   */
  closed?: Promise<boolean>;
}
