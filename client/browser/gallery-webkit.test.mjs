// Every state of the account page in WebKit.
import { testGallery } from './support/gallery-sheets.mjs';

testGallery('webkit');
