/** How long one attempt of an activity may take, as Temporal's start-to-close timeout. A stopping worker waits longer than any of them. */
export const activityBounds = {
  /** A RiskOS call; longer than the RiskOS client's own bound. */
  riskos: '65s',
  notice: '20s',
  key: '30s',
} as const;
