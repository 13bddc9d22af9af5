// The page "Was this you?" in Firefox.
import { testReview } from './support/review.mjs';

testReview('firefox');
