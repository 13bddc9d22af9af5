//! The run as a picture: requests per second, latency and memory over time.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use latchkey_tests::load::{Action, Tally};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const SIZE: (u32, u32) = (800, 600);
const FONT: &str = "sans-serif";
const BLUE_INK: RGBColor = RGBColor(0x1f, 0x5f, 0xa8);
const ORANGE_INK: RGBColor = RGBColor(0xc7, 0x5b, 0x12);

/// One second of a run.
pub(crate) struct Second {
    at: f64,
    calls: f64,
    refresh_p50_ms: f64,
    refresh_p99_ms: f64,
    pub(crate) resident_mb: f64,
}

impl Second {
    pub(crate) fn of(tally: &Tally, long: Duration, resident: u64, at: Duration) -> Self {
        let rows = tally.percentiles(&[50.0, 99.0]);
        let refresh = rows.iter().find(|(kind, ..)| *kind == Action::Refresh);
        let at_percentile = |index: usize| refresh.map_or(0.0, |(.., at)| at[index].as_secs_f64() * 1_000.0);
        Self {
            at: at.as_secs_f64(),
            calls: tally.answers() as f64 / long.as_secs_f64(),
            refresh_p50_ms: at_percentile(0),
            refresh_p99_ms: at_percentile(1),
            resident_mb: resident as f64 / 1e6,
        }
    }
}

type Line<'a> = (&'a str, RGBColor, fn(&Second) -> f64);

/// Three charts below each other.
pub(crate) fn draw(path: &Path, seconds: &[Second]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let charts: [(&str, &[Line<'_>]); 3] = [
        ("requests per second", &[("calls", BLUE_INK, |second| second.calls)]),
        (
            "latency of a refresh, ms",
            &[
                ("median", BLUE_INK, |second| second.refresh_p50_ms),
                ("p99", ORANGE_INK, |second| second.refresh_p99_ms),
            ],
        ),
        ("resident memory of the server, MB", &[("memory", BLUE_INK, |second| second.resident_mb)]),
    ];
    for (area, (title, lines)) in root.split_evenly((3, 1)).iter().zip(charts) {
        let end = seconds.last().map_or(1.0, |second| second.at);
        let values = seconds.iter().flat_map(|second| lines.iter().map(|(.., value)| value(second)));
        let top = values.fold(0.0, f64::max) * 1.15 + f64::EPSILON;
        let mut chart = ChartBuilder::on(area)
            .caption(title, (FONT, 15))
            .margin(8)
            .x_label_area_size(24)
            .y_label_area_size(56)
            .build_cartesian_2d(0.0..end, 0.0..top)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .x_label_formatter(&|at| format!("{at:.0} s"))
            .y_labels(5)
            .draw()?;
        for (name, ink, value) in lines {
            let points = seconds.iter().map(|second| (second.at, value(second)));
            chart.draw_series(LineSeries::new(points, ink.stroke_width(2)))?;
            if lines.len() > 1
                && let Some(second) = seconds.get(seconds.len() / 2)
            {
                let style = (FONT, 13).into_font().color(ink).pos(Pos::new(HPos::Center, VPos::Bottom));
                let above = value(second) + top * 0.12;
                chart.draw_series([Text::new(*name, (second.at, above), style)])?;
            }
        }
    }
    root.present()?;
    Ok(())
}
