"""What people look at: pictures of a deal and of a pipeline.

Start at `pictures`. `picture` says what a picture is; `canvas` and `ink` draw it as SVG text without any
library; `charts` draws those with continuous axes by Altair; `converting` turns SVG to PNG. The last two need
the extra `plot`, and are imported when somebody asks for what they do.
"""
