// The tour of doc/ffi/README.md in C#, by P/Invoke.
using System;
using System.Runtime.InteropServices;
using System.Text;

static class Genmod
{
    const string Library = "libgenmod.so.1";
    public const int F64 = 2, Draw = 1, TooSmall = -4;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    public delegate int Progress(IntPtr report, IntPtr user);

    [DllImport(Library)] public static extern int genmod_version();
    [DllImport(Library)] public static extern IntPtr genmod_status_name(int status);
    [DllImport(Library)] public static extern int genmod_workspace_new(IntPtr c, out IntPtr w);
    [DllImport(Library)] public static extern IntPtr genmod_workspace_error(IntPtr w);
    [DllImport(Library)] public static extern void genmod_workspace_free(IntPtr w);
    [DllImport(Library)]
    public static extern int genmod_config_set_str(IntPtr c, string key, string v, IntPtr w);
    [DllImport(Library)] public static extern void genmod_config_free(IntPtr c);
    [DllImport(Library)] public static extern int genmod_data_new(out IntPtr x, IntPtr w);
    [DllImport(Library)]
    public static extern int genmod_data_set_rows(IntPtr x, int type, UIntPtr n, UIntPtr d,
        IntPtr rows, long rowStride, long colStride, IntPtr w);
    [DllImport(Library)] public static extern void genmod_data_free(IntPtr x);
    [DllImport(Library)]
    public static extern int genmod_report_get(IntPtr r, string key, out double v);
    [DllImport(Library)] public static extern int gmm_config_new(out IntPtr c, IntPtr w);
    [DllImport(Library)] public static extern int gmm_new(IntPtr c, out IntPtr m, IntPtr w);
    [DllImport(Library)]
    public static extern int gmm_fit(IntPtr m, IntPtr x, Progress f, IntPtr user, IntPtr w);
    [DllImport(Library)]
    public static extern int gmm_save(IntPtr m, UIntPtr cap, byte[] file, out UIntPtr need,
        IntPtr w);
    [DllImport(Library)]
    public static extern int gmm_load(IntPtr m, UIntPtr n, byte[] file, IntPtr w);
    [DllImport(Library)]
    public static extern int gmm_sample(IntPtr m, ulong seed, ulong first, UIntPtr n, int type,
        UIntPtr bytes, byte[] rows, int[] component, IntPtr w);
    [DllImport(Library)] public static extern void gmm_free(IntPtr m);
    [DllImport(Library)] public static extern int vae_config_new(out IntPtr c, IntPtr w);
    [DllImport(Library)] public static extern int vae_new(IntPtr c, out IntPtr m, IntPtr w);
    [DllImport(Library)]
    public static extern int vae_fit(IntPtr m, IntPtr x, IntPtr validation, Progress f,
        IntPtr user, IntPtr w);
    [DllImport(Library)] public static extern IntPtr vae_report(IntPtr m);
    [DllImport(Library)]
    public static extern int vae_save(IntPtr m, UIntPtr cap, byte[] file, out UIntPtr need,
        IntPtr w);
    [DllImport(Library)]
    public static extern int vae_load(IntPtr m, UIntPtr n, byte[] file, IntPtr w);
    [DllImport(Library)]
    public static extern int vae_sample(IntPtr m, ulong seed, ulong first, UIntPtr n, int what,
        int[] labels, int type, UIntPtr bytes, byte[] rows, IntPtr w);
    [DllImport(Library)] public static extern void vae_free(IntPtr m);
}

class GenmodException : Exception
{
    public readonly int Status;

    // Static text of C: copied, never freed.
    public GenmodException(int status, IntPtr w)
        : base(Marshal.PtrToStringAnsi(Genmod.genmod_status_name(status)) + ": "
            + Marshal.PtrToStringAnsi(Genmod.genmod_workspace_error(w)))
    {
        Status = status;
    }
}

/// A handle for a using block: freed there, not when the collector likes.
sealed class Owned : IDisposable
{
    public readonly IntPtr Handle;
    readonly Action<IntPtr> free;

    public delegate int Maker(out IntPtr made);

    public Owned(Maker make, Action<IntPtr> free, IntPtr w)
    {
        Tour.Need(make(out Handle), w);
        this.free = free;
    }

    public void Dispose()
    {
        free(Handle);
    }
}

static class Tour
{
    const int N = 200;

    public static void Need(int status, IntPtr w)
    {
        if (status != 0)
            throw new GenmodException(status, w);
    }

    static void Set(Owned config, string key, string value, IntPtr w)
    {
        Need(Genmod.genmod_config_set_str(config.Handle, key, value, w), w);
    }

    delegate int Writer(UIntPtr cap, byte[] file, out UIntPtr need);

    static byte[] Save(Writer write, IntPtr w)
    {
        UIntPtr n;
        int status = write(UIntPtr.Zero, null, out n); // tells the size
        if (status != Genmod.TooSmall)
            Need(status, w);
        var file = new byte[(int)n];
        Need(write(n, file, out n), w);
        return file;
    }

    static double Epochs(IntPtr report)
    {
        double v;
        Need(Genmod.genmod_report_get(report, "epochs", out v), IntPtr.Zero);
        return v;
    }

    static void PrintRows(string family, byte[] rows)
    {
        var line = new StringBuilder(family).Append(' ');
        foreach (byte b in rows)
            line.Append(b.ToString("x2"));
        Console.WriteLine(line);
    }

    static void TourGmm(Owned options, Owned rows, IntPtr w)
    {
        var drawn = new byte[64];
        using (var model = new Owned(
            (out IntPtr m) => Genmod.gmm_new(options.Handle, out m, w), Genmod.gmm_free, w))
        using (var loaded = new Owned(
            (out IntPtr m) => Genmod.gmm_new(IntPtr.Zero, out m, w), Genmod.gmm_free, w))
        {
            Need(Genmod.gmm_fit(model.Handle, rows.Handle, null, IntPtr.Zero, w), w);
            var file = Save((UIntPtr cap, byte[] to, out UIntPtr need) =>
                Genmod.gmm_save(model.Handle, cap, to, out need, w), w);
            Need(Genmod.gmm_load(loaded.Handle, (UIntPtr)file.Length, file, w), w);
            Need(Genmod.gmm_sample(loaded.Handle, 7, 0, (UIntPtr)4, Genmod.F64,
                (UIntPtr)drawn.Length, drawn, null, w), w);
        }
        PrintRows("gmm", drawn);
    }

    // Trains until stop(report). Nothing may be thrown across C, so it waits.
    static void FitVae(Owned model, Owned rows, Func<IntPtr, bool> stop, IntPtr w)
    {
        Exception thrown = null;
        Genmod.Progress watch = (report, user) =>
        {
            try
            {
                return stop(report) ? 1 : 0;
            }
            catch (Exception e)
            {
                thrown = e;
                return -1;
            }
        };
        int status = Genmod.vae_fit(model.Handle, rows.Handle, IntPtr.Zero, watch,
            IntPtr.Zero, w);
        GC.KeepAlive(watch);
        if (thrown != null)
            throw thrown;
        Need(status, w);
    }

    static void TourVae(Owned options, Owned rows, IntPtr w)
    {
        var drawn = new byte[64];
        int calls = 0;
        using (var model = new Owned(
            (out IntPtr m) => Genmod.vae_new(options.Handle, out m, w), Genmod.vae_free, w))
        using (var loaded = new Owned(
            (out IntPtr m) => Genmod.vae_new(IntPtr.Zero, out m, w), Genmod.vae_free, w))
        {
            FitVae(model, rows, report => { calls++; return Epochs(report) >= 2; }, w);
            Console.WriteLine("vae stopped after {0} passes, {1} calls",
                Epochs(Genmod.vae_report(model.Handle)), calls);
            var file = Save((UIntPtr cap, byte[] to, out UIntPtr need) =>
                Genmod.vae_save(model.Handle, cap, to, out need, w), w);
            Need(Genmod.vae_load(loaded.Handle, (UIntPtr)file.Length, file, w), w);
            Need(Genmod.vae_sample(loaded.Handle, 7, 0, (UIntPtr)4, Genmod.Draw, null,
                Genmod.F64, (UIntPtr)drawn.Length, drawn, w), w);
        }
        PrintRows("vae", drawn);
    }

    static void Run(IntPtr x, IntPtr w)
    {
        using (var rows = new Owned(
            (out IntPtr made) => Genmod.genmod_data_new(out made, w),
            Genmod.genmod_data_free, w))
        using (var mixture = new Owned(
            (out IntPtr made) => Genmod.gmm_config_new(out made, w),
            Genmod.genmod_config_free, w))
        using (var autoencoder = new Owned(
            (out IntPtr made) => Genmod.vae_config_new(out made, w),
            Genmod.genmod_config_free, w))
        {
            Need(Genmod.genmod_data_set_rows(rows.Handle, Genmod.F64, (UIntPtr)N, (UIntPtr)2,
                x, 0, 0, w), w);
            try
            {
                Set(mixture, "componets", "2", w);
            }
            catch (GenmodException e)
            {
                Console.WriteLine("error " + e.Message);
            }
            Set(mixture, "components", "2", w);
            TourGmm(mixture, rows, w);
            Set(autoencoder, "encoder", "dense 8; tanh", w);
            Set(autoencoder, "code", "1", w);
            Set(autoencoder, "batch_size", "50", w);
            TourVae(autoencoder, rows, w);
        }
    }

    static void Main()
    {
        var x = new double[2 * N];
        for (int i = 0; i < N; i++)
        {
            x[2 * i] = 37 * i % 101 / 16.0 + 8 * (i % 2);
            x[2 * i + 1] = 53 * i % 97 / 16.0 + 4 * (i % 2);
        }
        // The view borrows the array beyond one call: it must not move.
        var pin = GCHandle.Alloc(x, GCHandleType.Pinned);
        IntPtr w;
        Need(Genmod.genmod_workspace_new(IntPtr.Zero, out w), IntPtr.Zero);
        Console.WriteLine("version " + Genmod.genmod_version());
        try
        {
            Run(pin.AddrOfPinnedObject(), w);
        }
        finally
        {
            Genmod.genmod_workspace_free(w);
            pin.Free();
        }
    }
}
