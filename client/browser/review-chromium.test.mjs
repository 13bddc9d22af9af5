// The page "Was this you?" in Chromium.
import { testReview } from './support/review.mjs';

testReview('chromium');
