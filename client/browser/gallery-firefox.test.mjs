// Every state of the account page in Firefox.
import { testGallery } from './support/gallery-sheets.mjs';

testGallery('firefox');
