-- Which texts a regular expression finds something in, as a filter's statement does.
--
-- $1 text[]  the texts
-- $2 text    the regular expression
--
-- place bigint (from 1) of each that matches
SELECT place FROM unnest($1::text[]) WITH ORDINALITY AS texts (one, place) WHERE one COLLATE "C" ~ $2::text
