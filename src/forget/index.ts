export { createForgetter, type Forgetter, type ForgetterOptions } from './forgetter.ts';
export { type ForgetAsk, type ForgetStep, forgetSteps, type ForgottenApplication } from './forget.ts';
