// Splits a text into words, and knows the words that say nothing by themselves.

export function splitWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
}

/** Of English, and of contracts. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after against all also an and any are as at be because been before being below between both but by can
  could did do does each either for from further had has have he her here hereby herein hereof hereto hereunder his how i
  if in into is it its may more most must no nor not of on once only or other our out over own pursuant same shall she
  should so some such than that the their them then there thereby therein thereof these they this those through to under
  until up upon was we were what when where which while who whom will with within without would you your whereas per`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
