"""Fields of a source: columns made ready, as polars expressions over a block."""

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from graph.errors import MappingError
from kg_ingest.mapping import FieldSpec, Source

ROW = "#row"
REASON = {ROW: pl.UInt32(), "field": pl.String(), "reason": pl.String()}


@dataclass(frozen=True, slots=True)
class Values:
    """A field's values: `frame` has the row and the value, none of them null.

    `lost` has values that a look-up does not know; `one_each` says that every row has at most one.
    """

    frame: pl.DataFrame
    lost: pl.DataFrame
    one_each: bool


@dataclass(frozen=True)
class Reader:
    """The fields of one source over one block of its rows."""

    source: Source
    lookups: Table[str, pl.DataFrame]
    frame: pl.DataFrame

    def without(self, rows: pl.Series) -> "Reader":
        """The same block without some rows."""
        return replace(self, frame=self.frame.filter(~pl.col(ROW).is_in(rows.implode())))

    def spec(self, name: str) -> FieldSpec:
        """What the mapping says of a field; a bare column is a field of its own name."""
        spec = self.source.fields.get(name) or FieldSpec.model_validate({"from": name})
        if spec.from_ not in self.frame.columns:
            there = ", ".join(column for column in self.frame.columns if not column.startswith("#"))
            raise MappingError(
                f"source {self.source.title!r} has no column {spec.from_!r}; it has: {there}"
            )
        return spec

    def many(self, name: str) -> bool:
        """Whether a row can have several values of this field."""
        spec = self.spec(name)
        return bool(spec.split) or self.frame.schema[spec.from_] == pl.List(pl.String)

    # -- values -------------------------------------------------------------------------------

    def texts(self, name: str) -> pl.Expr:
        """The one text per row, null where there is none."""
        if self.many(name):
            raise MappingError(
                f"source {self.source.title!r}: field {name!r} has many values, one is needed"
            )
        return self._looked_up(name, self._cleaned(name, pl.col(self.spec(name).from_)))

    def typed(self, name: str, kind: str = "") -> pl.Expr:
        """The one value per row as a number, a time in seconds, or a text."""
        spec = self.spec(name)
        wanted = spec.type if spec.type != "text" else (kind or "text")
        text = self.texts(name)
        if wanted in ("integer", "number") and spec.decimal == ",":
            text = _with_a_point(text)
        if wanted == "integer":
            return text.cast(pl.Int64, strict=False)
        if wanted == "number":
            number = text.cast(pl.Float64, strict=False)
            return pl.when(number.is_finite()).then(number)
        if wanted == "time":
            if spec.time_format == "iso":
                return _iso_seconds(text)
            if spec.time_format:
                moment = text.str.to_datetime(spec.time_format, strict=False, time_unit="ms")
                return moment.dt.epoch("s")
            seconds = text.cast(pl.Float64, strict=False)
            return pl.when(seconds.is_finite()).then(seconds).cast(pl.Int64, strict=False)
        return text

    def values(self, name: str) -> Values:
        """All values of a field, many per row where it is split."""
        spec = self.spec(name)
        if not self.many(name):
            rows = self.frame.select(ROW, value=self.texts(name)).drop_nulls("value")
            return Values(rows, pl.DataFrame(schema=REASON), one_each=True)
        column = pl.col(spec.from_)
        if self.frame.schema[spec.from_] != pl.List(pl.String):
            column = column.str.split(spec.split)
        rows = self.frame.select(ROW, value=column).explode("value", empty_as_null=True)
        rows = rows.with_columns(value=self._cleaned(name, pl.col("value"))).drop_nulls("value")
        lost = pl.DataFrame(schema=REASON)
        if spec.lookup:
            known = self._lookup(spec.lookup)
            rows = rows.join(known, left_on="value", right_on="key", how="left").rename(
                {"value": "said", "found": "value"}
            )
            unknown = rows.filter(pl.col("value").is_null())
            if unknown.height:
                lost = unknown.select(
                    ROW, field=pl.lit(name), reason=_not_in(spec.lookup, pl.col("said"))
                )
                rows = rows.drop_nulls("value")
        return Values(rows.select(ROW, "value").unique(maintain_order=True), lost, one_each=False)

    def json_list(self, name: str) -> pl.Expr:
        """All values of a field as a JSON list, null where there are none."""
        if not self.many(name):
            texts = pl.concat_list(self.texts(name)).list.drop_nulls()
        else:
            grouped = self.values(name).frame.group_by(ROW, maintain_order=True).agg("value")
            found = self.frame.select(ROW).join(grouped, on=ROW, how="left", maintain_order="left")
            texts = pl.lit(found["value"].fill_null(pl.Series([[]], dtype=pl.List(pl.String))))
        encoded = pl.struct(texts.alias("v")).struct.json_encode()
        return pl.when(texts.list.len() > 0).then(encoded.str.slice(5).str.strip_suffix("}"))

    def json_object(self, properties: Table[str, str]) -> pl.Expr:
        """Properties as a JSON object with sorted keys, null where none has a value."""
        parts = []
        for name in sorted(properties):
            value = self.typed(properties[name])
            one = pl.struct(value.alias(name)).struct.json_encode()
            inner = one.str.strip_prefix("{").str.strip_suffix("}")
            parts.append(pl.when(value.is_not_null()).then(inner))
        whole = pl.concat_str(parts, separator=",", ignore_nulls=True)
        return pl.when(whole != "").then(pl.lit("{") + whole + pl.lit("}"))

    # -- what is wrong with a row ---------------------------------------------------------------

    def missing(self, name: str) -> pl.DataFrame:
        """Rows in which a field that is needed is empty."""
        if self.many(name):
            return pl.DataFrame(schema=REASON)
        spec = self.spec(name)
        raw = self._cleaned(name, pl.col(spec.from_))
        return pl.concat([self._bad(name, raw.is_null(), pl.lit("empty")), self.not_found(name)])

    def not_found(self, name: str) -> pl.DataFrame:
        """Rows whose value a look-up does not know."""
        spec = self.spec(name)
        if not spec.lookup:
            return pl.DataFrame(schema=REASON)
        raw = self._cleaned(name, pl.col(spec.from_))
        unknown = raw.is_not_null() & self._looked_up(name, raw).is_null()
        return self._bad(name, unknown, _not_in(spec.lookup, raw))

    def mistyped(self, name: str, kind: str = "") -> pl.DataFrame:
        """Rows whose value is not of its type."""
        text = self.texts(name)
        wrong = text.is_not_null() & self.typed(name, kind).is_null()
        spec = self.spec(name)
        wanted = spec.type if spec.type != "text" else kind
        said = pl.format("no {}: {}", pl.lit(wanted), text)
        if wanted in ("integer", "number"):
            other = _FOREIGN["," if spec.decimal == "." else "."]
            said = said + pl.when(text.str.contains(other)).then(
                pl.lit(f" (the mapping says decimal = {spec.decimal!r})")
            ).otherwise(pl.lit(""))
        if wanted == "time" and not spec.time_format:
            said = said + pl.when(text.str.contains(_DAY)).then(
                pl.lit(" (seconds since 1970 are read; time_format = 'iso' reads this)")
            ).otherwise(pl.lit(""))
        return self._bad(name, wrong, said)

    def turned(self, first: str, last: str) -> pl.DataFrame:
        """Rows whose end comes before their beginning."""
        begun, over = self.typed(first, "time"), self.typed(last, "time")
        said = pl.format("{} is over before it begins: {}", self.texts(last), self.texts(first))
        return self._bad(last, over < begun, said)

    def outside(self, name: str, allowed: Sequence[str]) -> pl.DataFrame:
        """Rows whose value is not one of those allowed."""
        text = self.texts(name)
        wrong = ~text.is_in(list(allowed)) | text.is_null()
        said = pl.format("not in the mapping: {}", text.fill_null("(empty)"))
        return self._bad(name, wrong, said)

    def _bad(self, name: str, wrong: pl.Expr, reason: pl.Expr) -> pl.DataFrame:
        return self.frame.filter(wrong).select(ROW, field=pl.lit(name), reason=reason)

    # -- inside -------------------------------------------------------------------------------

    def _cleaned(self, name: str, value: pl.Expr) -> pl.Expr:
        spec = self.spec(name)
        value = value.str.strip_chars()
        if spec.nulls:
            value = pl.when(~value.is_in(list(spec.nulls))).then(value)
        for pattern, replacement in spec.clean:
            value = value.str.replace_all(pattern, replacement)
        if spec.clean:
            value = value.str.strip_chars()
        return pl.when(value != "").then(value)

    def _looked_up(self, name: str, value: pl.Expr) -> pl.Expr:
        lookup = self.spec(name).lookup
        if not lookup:
            return value
        known = self._lookup(lookup)
        return value.replace_strict(
            known["key"], known["found"], default=None, return_dtype=pl.String
        )

    def _lookup(self, name: str) -> pl.DataFrame:
        return self.lookups[name]


def first_reason(bad: Sequence[Sequence[pl.DataFrame]]) -> pl.DataFrame:
    """One reason per row: the first that was found."""
    frames = [frame for frames in bad for frame in frames if frame.height]
    if not frames:
        return pl.DataFrame(schema=REASON)
    return pl.concat(frames).unique(ROW, keep="first", maintain_order=True)


_DAY = r"^\d{4}-\d\d-\d\d"
_FOREIGN = {
    ",": r"^[+-]?\d{1,3}([.' \x{a0}\x{202f}]?\d{3})*,\d+$",
    ".": r"^[+-]?\d{1,3}([.' \x{a0}\x{202f}]?\d{3})*\.\d+$",
}
_ISO = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f")


def _with_a_point(text: pl.Expr) -> pl.Expr:
    """1.234,56 as 1234.56; what is written otherwise stays as it is, and is no number."""
    grouped = text.str.replace_all(r"[.' \x{a0}\x{202f}]", "").str.replace(",", ".", literal=True)
    fits = text.str.contains(r"^[+-]?(\d+|\d{1,3}([.' \x{a0}\x{202f}]\d{3})+)(,\d+)?$")
    return pl.when(fits).then(grouped)


def _iso_seconds(text: pl.Expr) -> pl.Expr:
    joined = text.str.replace(r"^(\S{10}) ", "${1}T")
    local = [joined.str.to_datetime(form, strict=False, time_unit="ms") for form in _ISO]
    zoned = joined.str.replace(r"[Zz]$", "+00:00").str.to_datetime(
        _ISO[-1] + "%#z", strict=False, time_unit="ms", time_zone="UTC"
    )
    return pl.coalesce(*(moment.dt.epoch("s") for moment in (*local, zoned)))


def _not_in(lookup: str, value: pl.Expr) -> pl.Expr:
    return pl.format("not in the lookup {}: {}", pl.lit(lookup), value)
