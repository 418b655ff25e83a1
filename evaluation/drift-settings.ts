/** When live features count as unlike training. */
export interface DriftSettings {
  /** Length of the rolling window on the tape's clock, s. */
  readonly windowSeconds: number;
  /** Most decisions in the window. */
  readonly windowDecisions: number;
  /** Decisions in the window before anything is judged. */
  readonly minimumDecisions: number;
  /** Population stability index from which a feature is watched, and below which an alarm ends. */
  readonly watch: number;
  /** Population stability index from which a feature is alarmed. */
  readonly alarm: number;
  /** Shift of the mean in training deviations, and ratio of the deviations, that alarm as well: the index does not see
   * how far beyond the outermost bins values are. */
  readonly meanShift: number;
  readonly deviationRatio: number;
}

export const DEFAULT_DRIFT: DriftSettings = {
  windowSeconds: 1800,
  windowDecisions: 180_000,
  minimumDecisions: 1000,
  watch: 0.1,
  alarm: 0.25,
  meanShift: 3,
  deviationRatio: 3,
};
