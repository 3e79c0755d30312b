// A printed line of a page, as the layout of a PDF gives it.

/** Lengths are in points, from the left and the bottom of the page. */
export interface Line {
  text: string;
  page: number;
  x: number;
  y: number;
  right: number;
  /** Of the font. */
  size: number;
}
