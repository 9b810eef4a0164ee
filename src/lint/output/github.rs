//! A report as workflow commands, which GitHub shows beside the lines of a pull request.

use std::fmt::Write as _;

use crate::{
    lint::{hazards::Level, report::Report},
    text::Source,
};

/// Renders what is not allowed by comments, one line each.
#[must_use]
pub fn render_github(reports: &[(Source, Report)]) -> String {
    let mut out = String::new();
    for (source, report) in reports {
        for finding in report.findings.iter().filter(|f| f.allowed.is_none()) {
            let command = match finding.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note | Level::Off => "notice",
            };
            let place = |offset: usize| source.position(u32::try_from(offset).unwrap_or(u32::MAX));
            let (start, end) = (place(finding.span.start), place(finding.span.end));
            let title = format!("{} {}", finding.hazard.code.id, finding.hazard.name);
            let mut text = finding.message.clone();
            for note in &finding.notes {
                let _ = write!(text, "\nnote: {note}");
            }
            let _ = write!(text, "\nhelp: {}", finding.help);
            let _ = writeln!(
                out,
                "::{command} file={},line={},col={},endLine={},endColumn={},title={}::{}",
                property(&source.name),
                start.line,
                start.column,
                end.line,
                end.column,
                property(&title),
                data(&text)
            );
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{Known, Options, check, render_json, render_sarif};

    fn reports() -> Vec<(Source, Report)> {
        let sql = "-- 100 %\nCREATE INDEX i ON t (a);\n";
        let report = check(sql, &Known::nothing(17), &Options::default());
        vec![(Source::new("a,b.sql", sql), report)]
    }

    #[test]
    fn annotations_escape_what_the_commands_use() {
        let text = render_github(&reports());
        let start = "::warning file=a%2Cb.sql,line=2,col=1,endLine=2,endColumn=24,\
                     title=H0101 index-blocks-writes::building an index";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("%0Ahelp: "), "{text}");
    }

    #[test]
    fn sarif_names_rule_and_place() {
        let sarif = render_sarif(&reports());
        let result = &sarif["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "H0101");
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][index]["id"], "H0101");
    }

    #[test]
    fn json_has_locks_and_findings() {
        let json = render_json(&reports());
        let file = &json["files"][0];
        assert_eq!(file["statements"][0]["locks"][0]["mode"], "SHARE");
        assert_eq!(file["statements"][0]["locks"][0]["work"], "index_build");
        assert_eq!(file["findings"][0]["code"], "H0101");
        assert_eq!(file["findings"][0]["class"], "lock");
    }
}
