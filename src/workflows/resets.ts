// How often this run was reset, counted at the point of its history that it was reset to.

/** Part of a workflow's own state: modules are not shared between workflows. */
export const resets: {
  count: number;
  /** Settles when the dead letter has been told, with whether there was one; a run that ends before that tells nobody: Temporal drops the signal. */
  told?: Promise<boolean>;
} = { count: 0 };
