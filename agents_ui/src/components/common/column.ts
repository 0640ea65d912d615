/** Under what a head that is dragged names its column. */
export const COLUMN = 'application/x-list-column';
