//! Which line of an object is which line of another version of it.

use std::collections::HashMap;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lines::{Line, Lines};

/// Two versions of an object, line by line.
pub(super) struct Alignment {
    /// Which lines are the same, and which stand on one side only.
    pub(super) ops: Vec<DiffOp>,
    /// For each place of the old version a number; the same field of the new version has the same.
    pub(super) old_shapes: Vec<usize>,
    /// For each place of the new version a number.
    pub(super) new_shapes: Vec<usize>,
}

/// What makes two lines the same: the field, the indentation and the text.
type Identity<'l> = (usize, usize, &'l str);

/// Finds the lines of one version in another one.
///
/// Two lines are the same if they show the same of the same field.
pub(super) fn align(old: &Lines, new: &Lines) -> Alignment {
    let mut known = HashMap::new();
    let (old_shapes, new_shapes) = (old.shapes(&mut known), new.shapes(&mut known));
    let mut known = HashMap::new();
    let numbers_old = numbers(old, &old_shapes, &mut known);
    let numbers_new = numbers(new, &new_shapes, &mut known);
    // This variant of the algorithm gives up on the shortest answer before its search explodes.
    let mut ops = capture_diff_slices(Algorithm::Myers, &numbers_old, &numbers_new);
    let mut index = 1;
    // It may put another one in.
    while index < ops.len() {
        slide(&mut ops, index, (&old.lines, &numbers_old), (&new.lines, &numbers_new));
        index += 1;
    }
    Alignment { ops, old_shapes, new_shapes }
}

/// Moves lines that stand on one side only up over equal ones, so that they begin where an item or a field begins.
///
/// Of a list of rules whose new one ends as the old ones do, the whole new rule is then shown as new, and not the end of
/// one and the beginning of another.
fn slide(ops: &mut Vec<DiffOp>, index: usize, old: (&[Line], &[usize]), new: (&[Line], &[usize])) {
    let ((lines, numbers), range) = match ops[index] {
        DiffOp::Insert { .. } => (new, ops[index].new_range()),
        DiffOp::Delete { .. } => (old, ops[index].old_range()),
        DiffOp::Equal { .. } | DiffOp::Replace { .. } => return,
    };
    let DiffOp::Equal { len: above, .. } = ops[index - 1] else { return };
    let is_movable = |by: &usize| numbers[range.start - by] == numbers[range.end - by];
    let furthest = (1..=above).take_while(is_movable).last().unwrap_or(0);
    let indent = |by: &usize| (lines[range.start - by].indent, *by);
    let Some(by) = (0..=furthest).min_by_key(indent).filter(|by| *by > 0) else { return };
    if let DiffOp::Equal { len, .. } = &mut ops[index - 1] {
        *len -= by;
    }
    let (mut old_end, mut new_end) = (0, 0);
    if let DiffOp::Insert { old_index, new_index, new_len } = &mut ops[index] {
        (*old_index, *new_index) = (*old_index - by, *new_index - by);
        (old_end, new_end) = (*old_index, *new_index + *new_len);
    } else if let DiffOp::Delete { old_index, old_len, new_index } = &mut ops[index] {
        (*old_index, *new_index) = (*old_index - by, *new_index - by);
        (old_end, new_end) = (*old_index + *old_len, *new_index);
    }
    match ops.get_mut(index + 1) {
        Some(DiffOp::Equal { old_index, new_index, len }) => {
            (*old_index, *new_index, *len) = (old_end, new_end, *len + by);
        }
        _ => ops.insert(index + 1, DiffOp::Equal { old_index: old_end, new_index: new_end, len: by }),
    }
}

/// Numbers lines so that the same ones have the same number.
fn numbers<'l>(lines: &'l Lines, shapes: &[usize], known: &mut HashMap<Identity<'l>, usize>) -> Vec<usize> {
    let number = |line: &'l Line| {
        let next = known.len();
        *known.entry((shapes[line.place], line.indent, line.text.as_str())).or_insert(next)
    };
    lines.lines.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};
    use similar::DiffOp;

    use super::align;
    use crate::diff::fields::fields;
    use crate::diff::view::lines::{Lines, lines};

    /// Numbers that look like chance and are the same in each run.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 20) % bound
        }

        /// Makes a value of few words, so that two of them have much in common.
        fn value(&mut self, depth: u64) -> Value {
            match self.below(if depth == 0 { 4 } else { 9 }) {
                0 => json!(self.below(3)),
                1 => json!("x"),
                2 => json!("x\ny\n"),
                3 => [json!(null), json!({}), json!([]), json!("")][usize::try_from(self.below(4)).unwrap()].clone(),
                4 | 5 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
                6 => (0..self.below(4))
                    .map(|_| json!({"name": self.below(4).to_string(), "v": self.value(depth - 1)}))
                    .collect(),
                _ => {
                    let fields = (0..self.below(4)).map(|_| (format!("f{}", self.below(4)), self.value(depth - 1)));
                    fields.collect::<Map<_, _>>().into()
                }
            }
        }
    }

    fn texts(side: &Lines) -> Vec<(usize, &str)> {
        side.lines.iter().map(|line| (line.indent, line.text.as_str())).collect()
    }

    #[test]
    fn no_line_is_lost_and_only_equal_lines_are_the_same() {
        let mut chance = Chance(42);
        let mut moved = 0;
        for _ in 0..3_000 {
            let (before, after) = (json!({"a": chance.value(4)}), json!({"a": chance.value(4)}));
            let (old, new) = (lines(&before, Some(&after)), lines(&after, Some(&before)));
            let ops = align(&old, &new).ops;
            let (mut old_end, mut new_end) = (0, 0);
            for op in &ops {
                assert_eq!(
                    (op.old_range().start, op.new_range().start),
                    (old_end, new_end),
                    "{before}\n{after}\n{ops:?}"
                );
                (old_end, new_end) = (op.old_range().end, op.new_range().end);
                if matches!(op, DiffOp::Equal { .. }) {
                    assert_eq!(texts(&old)[op.old_range()], texts(&new)[op.new_range()], "{before}\n{after}");
                }
            }
            assert_eq!((old_end, new_end), (old.lines.len(), new.lines.len()), "{before}\n{after}");
            let is_equal = ops.iter().all(|op| matches!(op, DiffOp::Equal { .. }));
            assert_eq!(is_equal, before == after, "{before}\n{after}");
            assert_eq!(fields(&before, &after).is_empty(), before == after, "{before}\n{after}");
            moved += usize::from(!is_equal);
        }
        assert!(moved > 1_000, "{moved}");
    }
}
