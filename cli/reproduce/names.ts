/** Every table that can be reproduced, by name. */
export const REPRODUCED = ['as2008', 'glft', 'cartea-jaimungal', 'queue', 'ofi'] as const;
export type ReproducedName = (typeof REPRODUCED)[number];
