/** "No such level": larger than every key of a {@link Ladder}. */
export const NO_KEY = 0x7fffffff;
