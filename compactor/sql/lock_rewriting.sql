-- The first statement of what replaces rows of histories by others that hold the same. It takes no snapshot: the
-- transaction's own is of what those before it left.
LOCK TABLE history_work IN ROW EXCLUSIVE MODE
