// What a client gives to `analyze-document`.
import { z } from 'zod';
import { clientUrl } from '../../../config/define-task.ts';
import { ANALYSIS_TYPES } from './document.ts';

export const analysisInput = z.strictObject({
  document_url: clientUrl(),
  analysis_type: z.enum(ANALYSIS_TYPES),
});
export type AnalysisInput = z.output<typeof analysisInput>;
