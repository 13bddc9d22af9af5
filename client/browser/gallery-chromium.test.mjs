// Every state of the account page in Chromium.
import { testGallery } from './support/gallery-sheets.mjs';

testGallery('chromium');
