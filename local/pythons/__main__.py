"""Fetch what clients/ is tested on, so that no test waits for a download; say what is not."""

from local import pythons

if __name__ == "__main__":
    print(pythons.notice())
