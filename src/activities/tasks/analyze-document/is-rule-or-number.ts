// Tells lines that carry no text: page numbers, and rules of dashes.

const PAGE_NUMBER =
  /^(page\s*)?[-–—([]*\s*([a-z]-)?(\d{1,4}|[ivxl]{1,6})\s*(of\s+\d{1,4}|\/\s*\d{1,4})?\s*[-–—)\]]*$/i;
const RULE = /^[-–—_=*\s]{3,}$/;

export function isRuleOrNumber(text: string): boolean {
  return PAGE_NUMBER.test(text.trim()) || RULE.test(text);
}
