//! The progress of a cleanup, as a bar on standard error if that is a terminal.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use latchkey::app::cleanup::Progress;

/// The time between two updates of the bar.
const STEP: Duration = Duration::from_millis(100);

/// Shows a bar until `work` is done, then removes it.
pub async fn beside<T>(progress: Arc<Progress>, work: impl Future<Output = T>) -> T {
    // Without a terminal the bar draws nothing.
    let bar = ProgressBar::new(0).with_style(style());
    let watching = async {
        loop {
            bar.set_length(progress.buckets());
            bar.set_position(progress.finished());
            bar.set_message(format!("{} sessions", progress.ended()));
            tokio::time::sleep(STEP).await;
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = watching => unreachable!("the loop has no end"),
    };
    bar.finish_and_clear();
    done
}

fn style() -> ProgressStyle {
    let template = "{elapsed} [{bar:40}] {pos}/{len} buckets, {msg}, {eta} left";
    ProgressStyle::with_template(template).expect("the template is well-formed").progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_of_the_bar_is_valid() {
        super::style();
    }
}
