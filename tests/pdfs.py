"""PDFs for tests, as small as they can be."""

import io
import textwrap


def pdf(text: str, title: str = "A report") -> bytes:
    """Return a PDF with a text layer: as many pages as its lines need. Letters are those of cp1252."""
    lines = [each for paragraph in text.split("\n") for each in textwrap.wrap(paragraph, 90)]
    sheets = [lines[at : at + 50] for at in range(0, len(lines), 50)]
    pages = range(5, 5 + 2 * len(sheets), 2)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % each for each in pages), len(pages)),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title (%s) >>" % _string(title),
    ]
    for number, sheet in zip(pages, sheets, strict=True):
        content = b"BT /F1 10 Tf 12 TL 72 720 Td " + b" T* ".join(b"(%s) Tj" % _string(each) for each in sheet) + b" ET"
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (number + 1),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    out, places = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, each in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    start, count = out.tell(), len(objects) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % count + b"".join(b"%010d 00000 n \n" % at for at in places))
    out.write(b"trailer << /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF" % (count, start))
    return out.getvalue()


def _string(text: str) -> bytes:
    written = text.encode("cp1252")
    return written.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
