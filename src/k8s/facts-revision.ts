/**
 * Counts changes of facts that names are made of but that are not the named object's own: owners, zones. A name that was
 * found true in this revision still is.
 */
export class FactsRevision {
  value = 0;

  bump(): void {
    this.value++;
  }
}
