/** Going through a form by Enter alone: the fields that bear `data-step`, in the order of the page. */

/** True while an input method composes: the key belongs to it, not to us. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Focus the field after `from` and select what stands in it; the last one is followed by nothing. */
export function focusNext(form: HTMLElement, from: Element | null): void {
  const steps = [...form.querySelectorAll<HTMLElement>('[data-step]:not([disabled])')];
  const place = steps.findIndex(
    (step) => step === from || (from instanceof HTMLInputElement && isSameGroup(step, from)),
  );
  focusStep(steps[place + 1]);
}

export function focusFirst(form: HTMLElement): void {
  focusStep(form.querySelector<HTMLElement>('[data-step]:not([disabled])') ?? undefined);
}

export function focusStep(step: HTMLElement | undefined): void {
  step?.focus();
  if (step instanceof HTMLInputElement && step.type !== 'radio' && step.type !== 'checkbox') step.select();
}

/** Radio buttons of one group are one step. */
function isSameGroup(step: HTMLElement, from: HTMLInputElement): boolean {
  return step instanceof HTMLInputElement && step.type === 'radio' && from.type === 'radio' && step.name === from.name;
}
