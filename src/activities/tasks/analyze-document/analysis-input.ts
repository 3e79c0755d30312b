// What a client gives to `analyze-document`.
import { z } from 'zod';
import { ANALYSIS_TYPES } from './document.ts';

export const analysisInput = z.strictObject({
  document_url: z.url({ protocol: /^https?$/ }).max(2_048),
  analysis_type: z.enum(ANALYSIS_TYPES),
});
export type AnalysisInput = z.output<typeof analysisInput>;
