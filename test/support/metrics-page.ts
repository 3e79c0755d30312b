// Parses a page of metrics in Prometheus's text format.

export interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export function parseMetrics(page: string): Series[] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === '') throw new Error(`not a sample: ${line}`);
      const pairs = Array.from(labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g), ([, key, text]) => [key, text]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** The value of the first series that has at least these labels. */
export function sampleOf(
  all: Series[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const entries = Object.entries(labels);
  return all.find((one) => one.name === name && entries.every(([key, text]) => one.labels[key] === text))
    ?.value;
}
