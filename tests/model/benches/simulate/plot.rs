//! The two plots of `docs/refresh.md`.

use std::error::Error;
use std::path::Path;

use latchkey_model::page::number;
use latchkey_model::simulator::Setup;
use latchkey_model::simulator::habits::{HOUR, Millis};
use latchkey_model::simulator::thief::Plan;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const FONT: &str = "sans-serif";
const INKS: [RGBColor; 4] = [
    RGBColor(0xb3, 0x2d, 0x2d),
    RGBColor(0xc7, 0x7a, 0x12),
    RGBColor(0x1f, 0x5f, 0xa8),
    RGBColor(0x2b, 0x80, 0x4f),
];
/// Where a logarithmic axis shows 0.
const ZERO: f64 = 0.5;

type Result = std::result::Result<(), Box<dyn Error>>;

/// Honest sign-outs per million refreshes, by the share of lost messages.
pub(crate) fn sign_outs(path: &Path, lost: &[f64], curves: &[(Setup, [f64; 6])]) -> Result {
    let root = SVGBackend::new(path, (800, 400)).into_drawing_area();
    root.fill(&WHITE)?;
    let top = curves.iter().flat_map(|(_, values)| values).fold(10.0_f64, |top, value| top.max(*value)) * 2.0;
    let mut chart = ChartBuilder::on(&root)
        .caption("honest sign-outs per million refreshes", (FONT, 17))
        .margin(10)
        .margin_right(20)
        .x_label_area_size(44)
        .y_label_area_size(60)
        .build_cartesian_2d(
            (lost[0]..lost[lost.len() - 1]).log_scale().with_key_points(lost.to_vec()),
            (ZERO..top).log_scale().with_key_points(vec![ZERO, 1.0, 10.0, 100.0, 1_000.0, 10_000.0]),
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .label_style((FONT, 14))
        .x_desc("share of lost requests, and of lost responses")
        .x_labels(lost.len())
        .x_label_formatter(&|share| percent(*share))
        .y_label_formatter(&|value| if *value < 1.0 { "0".into() } else { number(*value as u64) })
        .draw()?;
    for (index, (setup, values)) in curves.iter().enumerate() {
        let ink = INKS[index];
        // Two lines at 0 stay apart.
        let floor = ZERO * if *setup == Setup::WithKeys { 1.12 } else { 1.03 };
        let points: Vec<_> = lost.iter().zip(values).map(|(lost, value)| (*lost, value.max(floor))).collect();
        chart.draw_series(LineSeries::new(points.clone(), ink.stroke_width(3)))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, ink.filled())))?;
        let (at, above) = match setup {
            Setup::GraceOnly | Setup::WithoutKeys => (points[3], 1.0),
            Setup::WithKeys => (points[1], 1.35),
            Setup::Bound => (points[4], 1.35),
        };
        let (at, horizontal) = match setup {
            Setup::GraceOnly => ((at.0 * 0.93, at.1 * 1.25), HPos::Right),
            Setup::WithoutKeys => ((at.0 * 1.08, at.1 * 0.55), HPos::Left),
            _ => ((at.0, at.1 * above), HPos::Center),
        };
        let style = (FONT, 15).into_font().color(&ink).pos(Pos::new(horizontal, VPos::Bottom));
        let name = match setup {
            Setup::WithKeys | Setup::Bound => format!("{}: 0", setup.name()),
            _ => setup.name().into(),
        };
        chart.draw_series([Text::new(name, at, style)])?;
    }
    root.present()?;
    Ok(())
}

/// The share of thieves that still have a part in the session, by the time since the theft.
pub(crate) fn lives(path: &Path, lives: &[(Setup, [Vec<Millis>; 4])]) -> Result {
    let root = SVGBackend::new(path, (800, 720)).into_drawing_area();
    root.fill(&WHITE)?;
    let (title, charts) = root.split_vertically(64);
    legend(&title)?;
    let shown: Vec<_> = lives.iter().filter(|(setup, _)| *setup != Setup::Bound).collect();
    for (area, (setup, lives)) in charts.split_evenly((shown.len(), 1)).iter().zip(shown) {
        let mut chart = ChartBuilder::on(area)
            .caption(setup.name(), (FONT, 16))
            .margin(8)
            .margin_right(24)
            .x_label_area_size(26)
            .y_label_area_size(56)
            .build_cartesian_2d(
                (0.25..720.0)
                    .log_scale()
                    .with_key_points(vec![0.25, 1.0, 4.0, 12.0, 24.0, 72.0, 168.0, 720.0]),
                0.0..1.04,
            )?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(BLACK.mix(0.12))
            .label_style((FONT, 13))
            .x_labels(8)
            .x_label_formatter(&|hours| hour(*hours))
            .y_labels(3)
            .y_label_formatter(&|share| percent(*share))
            .draw()?;
        for (index, lives) in lives.iter().enumerate() {
            chart.draw_series(LineSeries::new(survival(lives), INKS[index].stroke_width(3)))?;
        }
    }
    root.present()?;
    Ok(())
}

fn legend(area: &DrawingArea<SVGBackend<'_>, Shift>) -> Result {
    let style = (FONT, 17).into_font().color(&BLACK).pos(Pos::new(HPos::Center, VPos::Top));
    area.draw(&Text::new(
        "thieves that still have a part in the session, by the time since the theft",
        (400, 10),
        style,
    ))?;
    for (index, plan) in Plan::ALL.iter().enumerate() {
        let left = 130 + 150 * i32::try_from(index)?;
        area.draw(&Rectangle::new([(left, 46), (left + 24, 50)], INKS[index].filled()))?;
        let style = (FONT, 15).into_font().color(&INKS[index]).pos(Pos::new(HPos::Left, VPos::Center));
        area.draw(&Text::new(plan.name(), (left + 30, 48), style))?;
    }
    Ok(())
}

/// The steps of the curve: one point for each percent.
fn survival(lives: &[Millis]) -> Vec<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "a session of 30 days")]
    let hours = |period: Millis| (period as f64 / HOUR as f64).max(0.25);
    let mut points = vec![(0.25, 1.0)];
    for percent in 0..=100 {
        let at = hours(lives[(lives.len() - 1) * percent / 100]);
        points.push((at, 1.0 - f64::from(u32::try_from(percent).unwrap_or(100)) / 100.0));
    }
    // A thief that is never noticed keeps its part until the end of the session.
    let last = hours(lives[lives.len() - 1]);
    points.retain(|(at, _)| *at < 700.0);
    let share = points.last().map_or(1.0, |(_, share)| *share);
    if last >= 700.0 {
        points.push((720.0, share));
    }
    points
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 1.0 && percent > 0.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

fn hour(hours: f64) -> String {
    match hours {
        short if short < 1.0 => format!("{:.0} min", short * 60.0),
        long if long >= 48.0 => format!("{:.0} days", long / 24.0),
        hours => format!("{hours:.0} h"),
    }
}
