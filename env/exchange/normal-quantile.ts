/** The 99 % quantile of the standard normal distribution. */
export const NORMAL_P99 = 2.3263478740408408;
